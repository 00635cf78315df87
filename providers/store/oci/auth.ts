/**
 * Who one is to a registry: basic credentials, or a token that an authorization service gives for them
 * (https://distribution.github.io/distribution/spec/auth/token/). The answer 401 says which:
 *
 *     WWW-Authenticate: Basic realm="…"
 *     WWW-Authenticate: Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a:pull"
 */
import { type HttpClient, readBody } from './http';
import { isLoopback } from './reference';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The `Authorization` of docker's own file: `auths[host].auth`, base64 of `user:password`. */
export function credentialsOf(dockerConfig: string, host: string): Credentials | undefined {
  const auths = fieldOf(parseJson(dockerConfig), 'auths');
  const found = [host, `https://${host}`, `https://${host}/v1/`, `https://${host}/v2/`]
    .map((name) => fieldOf(fieldOf(auths, name), 'auth'))
    .find((auth) => typeof auth === 'string');
  if (typeof found !== 'string') return undefined;
  const text = Buffer.from(found, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a `WWW-Authenticate` header asks for; undefined when it is nothing that we know. */
export function parseChallenge(header: string): Challenge | undefined {
  const scheme = /^(basic|bearer)\s/i.exec(header.slice(0, 4000))?.[1]?.toLowerCase();
  if (scheme !== 'basic' && scheme !== 'bearer') return undefined;
  const pairs = [...header.slice(0, 4000).matchAll(/([a-z_]{1,20})="([^"]{0,1000})"/g)];
  return { scheme, parameters: Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value])) };
}

export function basicHeader({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Answers a challenge. @returns the header `Authorization`, or undefined when there is nothing to answer with */
export async function answerChallenge(
  { scheme, parameters }: Challenge,
  credentials: Credentials | undefined,
  client: HttpClient,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (scheme === 'basic') return credentials && basicHeader(credentials);
  const { realm, service, scope } = parameters;
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  // A password goes over TLS, or stays on this machine.
  if (url.protocol !== 'https:' && !isLoopback(url.host)) return undefined;
  if (service !== undefined) url.searchParams.set('service', service);
  if (scope !== undefined) url.searchParams.set('scope', scope);
  const headers = credentials === undefined ? {} : { authorization: basicHeader(credentials) };
  const response = await client.send(url, { method: 'GET', headers, signal });
  const answer = parseJson(Buffer.from(await readBody(response, 1024 * 1024)).toString('utf8'));
  const token = fieldOf(answer, 'token') ?? fieldOf(answer, 'access_token');
  return response.status === 200 && typeof token === 'string' && /^[\x21-\x7e]{1,16384}$/.test(token)
    ? `Bearer ${token}`
    : undefined;
}
