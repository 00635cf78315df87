/** A registry that lies, breaks off, sends elsewhere or asks for tokens: nothing wrong gets into the store. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Cid,
  cidOfRaw,
  encodeDagCbor,
  linkTo,
  publicKeyBytes,
  sha256,
  signEd25519,
  signingKeyOfSeed,
} from '../../../../model';
import {
  BlockStore,
  parseReference,
  pull,
  RegistryClient,
  RegistryRecipes,
  resolveTag,
} from '../../../../providers/store';
import { formatManifests, formatRecipe } from '../../../../providers/store/oci/artifact';
import { temporaryFolder } from '../../factory/_folders';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
const clients: RegistryClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function clientOf(
  answer: Answer,
  credentials?: { username: string; password: string },
): Promise<RegistryClient> {
  const client = new RegistryClient(parseReference(`${await serve(answer)}/a`), { credentials, triesMax: 2 });
  clients.push(client);
  return client;
}

const leaf = Buffer.from('a leaf');
const root = encodeDagCbor([linkTo(cidOfRaw(leaf))]);
const pathOf = (bytes: Uint8Array): string =>
  `/v2/a/blobs/sha256:${Buffer.from(sha256(bytes)).toString('hex')}`;

/** Serves these bytes under the names of the honest blocks. */
const serving =
  (rootBytes: Uint8Array, leafBytes: Uint8Array): Answer =>
  ({ url }, response) => {
    if (url === pathOf(root.bytes)) response.end(rootBytes);
    else if (url === pathOf(leaf)) response.end(leafBytes);
    else response.writeHead(404).end();
  };

async function pullFrom(answer: Answer): Promise<{ store: BlockStore; result: Promise<unknown> }> {
  const store = await BlockStore.open(temporaryFolder());
  return { store, result: pull(root.cid, store, await clientOf(answer)) };
}

test('an honest registry is believed, block by block', async () => {
  const { store, result } = await pullFrom(serving(root.bytes, leaf));
  await expect(result).resolves.toMatchObject({ fetchedCount: 2, thereCount: 0 });
  expect(await store.list()).toEqual([cidOfRaw(leaf), root.cid].sort());
});

test.each([
  ['other bytes for a leaf', root.bytes, Buffer.from('a leaf!'), 'wrong-block'],
  ['no bytes for a leaf', root.bytes, Buffer.alloc(0), 'wrong-block'],
  ['other bytes for the root', encodeDagCbor(['x']).bytes, leaf, 'wrong-block'],
  ['a root that is no dag-cbor', Buffer.from('what?'), leaf, 'wrong-block'],
])('%s are refused, and nothing of it is kept', async (_, rootBytes, leafBytes, code) => {
  const { store, result } = await pullFrom(serving(rootBytes, leafBytes));
  await expect(result).rejects.toMatchObject({ code });
  expect(await store.list()).toEqual([]);
});

test('a root without its leaf leaves no root', async () => {
  const { store, result } = await pullFrom(({ url }, response) =>
    url === pathOf(root.bytes) ? response.end(root.bytes) : response.writeHead(404).end(),
  );
  await expect(result).rejects.toMatchObject({ code: 'no-artifact' });
  expect(await store.list()).toEqual([]);
});

test('a line that breaks within a block is tried again', async () => {
  let broken = 0;
  const { result } = await pullFrom((request, response) => {
    if (request.url !== pathOf(leaf) || broken > 0) return serving(root.bytes, leaf)(request, response);
    broken += 1;
    response.writeHead(200, { 'content-length': '6' });
    response.write('a l');
    setTimeout(() => response.destroy(), 20);
  });
  await expect(result).resolves.toMatchObject({ fetchedCount: 2 });
  expect(broken).toBe(1);
});

test('an overburdened registry is asked again, and then given up', async () => {
  let count = 0;
  const { result } = await pullFrom((_, response) => {
    count += 1;
    response.writeHead(503).end();
  });
  await expect(result).rejects.toMatchObject({
    code: 'registry-failed',
    message: expect.stringContaining('503'),
  });
  expect(count).toBe(2);
});

test('a redirect to plain HTTP elsewhere is not followed, and one within the server is', async () => {
  const elsewhere = jest.fn();
  const other = await serve((_, response) => {
    elsewhere();
    response.end(root.bytes);
  });
  const { result } = await pullFrom((_, response) =>
    response.writeHead(307, { location: `http://${other}/x` }).end(),
  );
  await expect(result).rejects.toMatchObject({ code: 'registry-failed' });
  expect(elsewhere).not.toHaveBeenCalled();
  const { result: within } = await pullFrom((request, response) => {
    if (request.url?.startsWith('/v2/') === true)
      return response.writeHead(307, { location: `/data${request.url.slice('/v2/a/blobs'.length)}` }).end();
    return response.end(request.url?.includes(pathOf(leaf).slice(-64)) === true ? leaf : root.bytes);
  });
  await expect(within).resolves.toMatchObject({ fetchedCount: 2 });
});

test('a registry that asks for a token is answered with one, got with the password; the password goes nowhere else', async () => {
  const seen: string[] = [];
  const token = await serve(({ url, headers }, response) => {
    seen.push(`token ${url} ${headers.authorization}`);
    response.end(JSON.stringify({ token: 'abc' }));
  });
  const answer: Answer = (request, response) => {
    seen.push(`${request.headers.authorization}`);
    if (request.headers.authorization === 'Bearer abc') return serving(root.bytes, leaf)(request, response);
    const challenge = `Bearer realm="http://${token}/token",service="s",scope="repository:a:pull"`;
    return response.writeHead(401, { 'www-authenticate': challenge }).end();
  };
  const client = await clientOf(answer, { username: 'me', password: 'secret' });
  const store = await BlockStore.open(temporaryFolder());
  await expect(pull(root.cid, store, client)).resolves.toMatchObject({ fetchedCount: 2 });
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  expect(seen).toEqual([
    'undefined',
    `token /token?service=s&scope=repository%3Aa%3Apull ${basic}`,
    'Bearer abc',
    'Bearer abc',
  ]);
});

test.each([
  ['Bearer realm="http://auth.example/token"'],
  ['Bearer realm="not a url"'],
  ['Digest realm="x"'],
  [''],
])('to the challenge %j no password is sent', async (challenge) => {
  const client = await clientOf(
    (_, response) => response.writeHead(401, { 'www-authenticate': challenge }).end(),
    {
      username: 'me',
      password: 'secret',
    },
  );
  await expect(client.hasBlob('sha256:0')).rejects.toMatchObject({ code: 'registry-denied' });
});

describe('recipes', () => {
  const key = 'ab'.repeat(32);
  const owner = signingKeyOfSeed(sha256(Buffer.from('owner')));
  const signer = {
    publicKey: publicKeyBytes(owner),
    sign: async (text: Uint8Array) => signEd25519(owner, text),
  };
  const subject = { mediaType: 'x', digest: 'sha256:0', size: 1 };
  const trusted = new Set([Buffer.from(signer.publicKey).toString('hex')]);

  async function find(
    manifest: Uint8Array,
    trust = trusted,
  ): Promise<{ found: Cid | undefined; code: string }> {
    const told: string[] = [];
    const client = await clientOf((request, response) => {
      if (request.url === `/v2/a/manifests/recipe-${key}`) response.end(manifest);
      else serving(root.bytes, leaf)(request, response);
    });
    const report = (error: unknown): void => void told.push((error as { code: string }).code);
    const store = await BlockStore.open(temporaryFolder());
    const found = await new RegistryRecipes(store, client, { trusted: trust, report }).find(key);
    return { found, code: told.join() };
  }

  test('a recipe of somebody who is trusted is used, and its output is here then', async () => {
    const { bytes } = await formatRecipe(key, root.cid, subject, signer);
    expect(await find(bytes)).toEqual({ found: root.cid, code: '' });
  });

  test('of nobody who is trusted, for another recipe, changed, or no recipe: it is built here', async () => {
    const { bytes } = await formatRecipe(key, root.cid, subject, signer);
    expect(await find(bytes, new Set())).toEqual({ found: undefined, code: 'untrusted-recipe' });
    const other = await formatRecipe('cd'.repeat(32), root.cid, subject, signer);
    expect(await find(other.bytes)).toEqual({ found: undefined, code: 'untrusted-recipe' });
    const changed = Buffer.from(bytes)
      .toString()
      .replace(root.cid, cidOfRaw(Buffer.from('evil')));
    expect(await find(Buffer.from(changed))).toEqual({ found: undefined, code: 'bad-artifact' });
    for (const wrong of ['', '{}', '[]', 'null', '{"artifactType": "application/vnd.nexus.recipe.v1"}'])
      expect(await find(Buffer.from(wrong))).toEqual({ found: undefined, code: 'bad-artifact' });
  });
});

test('a tag that is not ours is refused', async () => {
  const [good] = formatManifests(root.cid, [{ cid: root.cid, sizeBytes: root.bytes.length }]);
  const client = await clientOf(({ url }, response) => {
    if (url === '/v2/a/manifests/good') response.end(good?.bytes);
    else if (url === '/v2/a/manifests/image') response.end('{"schemaVersion": 2, "layers": []}');
    else response.writeHead(404).end();
  });
  expect(await resolveTag('good', client)).toBe(root.cid);
  await expect(resolveTag('image', client)).rejects.toMatchObject({ code: 'bad-artifact' });
  await expect(resolveTag('none', client)).rejects.toMatchObject({ code: 'no-artifact' });
});
