/**
 * Prints as JSON what entry files export, with the compiler's own API (see docs/decisions):
 *
 *     tsx test/support/public-api-reader.ts constructs/index.ts testing/index.ts
 *
 * What is marked `@internal`, private, protected or inherited is left out.
 */
import { join, relative } from 'node:path';
import * as ast from 'typescript/unstable/ast';
import {
  API,
  type Checker,
  type Project,
  SymbolFlags,
  type Symbol as TypeScriptSymbol,
} from 'typescript/unstable/sync';
import type { PublicApi, PublicExport, PublicMember } from './public-api';

const root = join(__dirname, '../..');
const hidden = [ast.SyntaxKind.PrivateKeyword, ast.SyntaxKind.ProtectedKeyword];

class Reader {
  private readonly checker: Checker;

  constructor(private readonly project: Project) {
    this.checker = project.checker;
  }

  exportsOf(file: string): PublicExport[] {
    const source = this.project.program.getSourceFile(join(root, file));
    const module = source === undefined ? undefined : this.checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`The program has no module ${file}`);
    return this.checker.getExportsOfModule(module).map((symbol) => this.readExport(symbol));
  }

  private readExport(alias: TypeScriptSymbol): PublicExport {
    const isAlias = (alias.flags & SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? this.checker.getAliasedSymbol(alias) : alias;
    const node = this.declarationOf(symbol);
    return {
      name: alias.name,
      kind: kindOf(node),
      file: relative(root, node.getSourceFile().fileName),
      ...this.wordsOf(symbol),
      text: this.textOf(symbol, node),
      base: baseOf(node),
      isAbstract: ast.isClassDeclaration(node) && hasModifier(node, [ast.SyntaxKind.AbstractKeyword]),
      members: this.membersOf(symbol, node),
    };
  }

  private membersOf(symbol: TypeScriptSymbol, node: ast.Node): PublicMember[] {
    if (ast.isVariableDeclaration(node)) {
      const type = this.checker.getTypeOfSymbol(symbol);
      const properties = type === undefined ? [] : this.checker.getPropertiesOfType(type);
      // What takes a `this` is called by a test runner, not by a reader of the page.
      return this.readMembers(properties, '').filter(({ type }) => !/^\( ?this:/.test(type));
    }
    if (!ast.isClassDeclaration(node) && !ast.isInterfaceDeclaration(node)) return [];
    const own = [...symbol.getMembers().values()];
    const statics = ast.isClassDeclaration(node) ? [...symbol.getExports().values()] : [];
    return [...this.readMembers(statics, 'static '), ...this.readMembers(own, '')];
  }

  private readMembers(symbols: readonly TypeScriptSymbol[], prefix: '' | 'static '): PublicMember[] {
    return symbols.flatMap((symbol) =>
      symbol.declarations.flatMap((handle) => {
        const node = handle.resolve(this.project);
        const isPublic = node !== undefined && !hasModifier(node, hidden) && !this.isInternal(symbol);
        const member = isPublic ? this.readMember(symbol, node, prefix) : undefined;
        return member === undefined ? [] : [member];
      }),
    );
  }

  private readMember(
    symbol: TypeScriptSymbol,
    node: ast.Node,
    prefix: '' | 'static ',
  ): PublicMember | undefined {
    if (symbol.name === 'prototype' || ast.isTypeParameterDeclaration(node)) return undefined;
    const isOptional = (symbol.flags & SymbolFlags.Optional) !== 0;
    const words = { ...this.wordsOf(symbol), isOptional, default: this.tagsOf(symbol, 'default')[0] };
    if (ast.isConstructorDeclaration(node))
      return { name: 'constructor', kind: 'constructor', type: parametersOf(node), ...words };
    const isMethod = ast.isMethodDeclaration(node) || ast.isMethodSignatureDeclaration(node);
    const type = isMethod ? parametersOf(node) : this.typeText(symbol, node);
    return { name: symbol.name, kind: `${prefix}${isMethod ? 'method' : 'property'}`, type, ...words };
  }

  /** As it is written where it is; else as the compiler knows it. */
  private typeText(symbol: TypeScriptSymbol, node: ast.Node): string {
    const written = 'type' in node ? (node as { readonly type?: ast.Node }).type : undefined;
    if (written !== undefined) return oneLine(written.getText());
    const type = this.checker.getTypeOfSymbol(symbol);
    return type === undefined ? 'unknown' : this.checker.typeToString(type);
  }

  /** The declaration; a union of literals as what it comes to. */
  private textOf(symbol: TypeScriptSymbol, node: ast.Node): string {
    const written = oneLine(textBeforeBody(node)).replace(/^export /, '');
    const type = ast.isTypeAliasDeclaration(node) ? this.checker.getDeclaredTypeOfSymbol(symbol) : undefined;
    const isPlain = type?.isUnionType() === true && type.getTypes().every((each) => each.isLiteralType());
    return isPlain
      ? `type ${symbol.name} = ${type
          .getTypes()
          .map((each) => this.checker.typeToString(each))
          .join(' | ')}`
      : written;
  }

  private wordsOf(symbol: TypeScriptSymbol) {
    return {
      description: this.checker.getDocumentationCommentOfSymbol(symbol).trim(),
      throws: this.tagsOf(symbol, 'throws'),
    };
  }

  private tagsOf(symbol: TypeScriptSymbol, tag: string): string[] {
    const tags = this.checker.getJsDocTagsOfSymbol(symbol).filter(({ name }) => name === tag);
    return tags.map(({ text = '' }) => oneLine(text));
  }

  private isInternal(symbol: TypeScriptSymbol): boolean {
    return this.checker.getJsDocTagsOfSymbol(symbol).some(({ name }) => name === 'internal');
  }

  private declarationOf(symbol: TypeScriptSymbol): ast.Node {
    const node = symbol.declarations[0]?.resolve(this.project);
    if (node === undefined) throw new Error(`The program has no declaration of ${symbol.name}`);
    return node;
  }
}

function kindOf(node: ast.Node): PublicExport['kind'] {
  if (ast.isClassDeclaration(node)) return 'class';
  if (ast.isInterfaceDeclaration(node)) return 'interface';
  if (ast.isTypeAliasDeclaration(node)) return 'type';
  return ast.isFunctionDeclaration(node) ? 'function' : 'value';
}

/** What the class extends, as written. */
function baseOf(node: ast.Node): string | undefined {
  const head = ast.isClassDeclaration(node) ? textBeforeBody(node) : '';
  return [...head.matchAll(/\bextends ([\w.]+)/g)].at(-1)?.[1];
}

function hasModifier(node: ast.Node, kinds: readonly ast.SyntaxKind[]): boolean {
  const modifiers =
    'modifiers' in node ? (node as { readonly modifiers?: readonly ast.Node[] }).modifiers : [];
  return (modifiers ?? []).some(({ kind }) => kinds.includes(kind));
}

/** Parameters and result of a function, from its first parenthesis or type parameter on. */
function parametersOf(node: ast.Node): string {
  const text = oneLine(textBeforeBody(node));
  return text.slice(text.search(/[(<]/));
}

/** A declaration without its body and without what stands before its keyword. */
function textBeforeBody(node: ast.Node): string {
  const text = node.getText();
  const body = bodyStart(node);
  return (body === undefined ? text : text.slice(0, body - node.getStart())).trim().replace(/;$/, '');
}

function bodyStart(node: ast.Node): number | undefined {
  if ('body' in node) return (node as { readonly body?: ast.Node }).body?.getStart();
  return ast.isClassDeclaration(node) ? node.members[0]?.pos : undefined;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function readAll(files: readonly string[]): PublicApi {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects();
    if (project === undefined) throw new Error('tsconfig.json gives no project');
    const reader = new Reader(project);
    return Object.fromEntries(files.map((file) => [file, reader.exportsOf(file)]));
  } finally {
    api.close();
  }
}

process.stdout.write(JSON.stringify(readAll(process.argv.slice(2))));
