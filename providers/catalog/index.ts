/** The catalog: what packages the distributions have, to be searched by words or asked in SQL. See docs/search.md. */
export { Catalog, catalogPath, type ReadSource } from './open';
export type { CatalogSource } from './schema';
export type { SearchRequest, SearchResult } from './search';
export type { SqlLimits, SqlResult } from './sql';
export { type Updated, type UpdateRequest, updateCatalog } from './update';
