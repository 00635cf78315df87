/**
 * What the daemon and its clients say to each other over `hostd.sock`: JSON, one message a line.
 *
 *     client: {"id":1,"op":"challenge","node":"n1","nonce":"…","timeoutMs":5000,"quietMs":0}
 *     daemon: {"id":1,"value":{…}}  or  {"id":1,"error":{"code":"…","message":"…","hint":"…"}}
 *     daemon: {"console":7,"data":"<base64>"}                    a piece of a console that is being watched
 *
 * `hello` and `stop` keep their form in all versions, so that any version can replace an older one.
 */
import type { Heartbeat } from '../../../model';

export const hostdProtocol = 2;

/** A longer message ends the connection. */
export const messageSizeBytesMax = 131_072;

export interface Operations {
  readonly hello: { request: { readonly protocol: number }; value: HelloValue };
  /** Takes the node into care, or looks its record up again; returns at once. */
  readonly attach: { request: { readonly node: string }; value: null };
  readonly detach: { request: { readonly node: string }; value: null };
  readonly challenge: { request: ChallengeMessage; value: RecordMessage };
  readonly nodes: { request: object; value: readonly NodeView[] };
  /** Starts to send the node's console. */
  readonly watch: { request: { readonly node: string }; value: WatchValue };
  readonly unwatch: { request: { readonly console: number }; value: null };
  /** Bytes for the console, in base64. */
  readonly input: { request: { readonly node: string; readonly data: string }; value: null };
  /** Ends the daemon; with `onlyIfIdle` only when it has no node. */
  readonly stop: { request: { readonly onlyIfIdle: boolean }; value: { readonly stopping: boolean } };
}
export type Operation = keyof Operations;

export interface HelloValue {
  readonly protocol: number;
  readonly pid: number;
}

export interface WatchValue {
  /** Names the stream. */
  readonly console: number;
  /** The last text from before the stream's first byte, in base64. */
  readonly history: string;
}

export interface ChallengeMessage {
  readonly node: string;
  readonly nonce: string;
  readonly timeoutMs: number;
  readonly quietMs: number;
}

export interface RecordMessage {
  /** The statement's text. */
  readonly payload: string;
  /** 128 hex digits. */
  readonly signature: string;
}

/** How a node looks from the daemon. */
export interface NodeView {
  readonly node: string;
  readonly mesh: string;
  /** Whether the machine's console and network are connected. */
  readonly console: boolean;
  readonly network: boolean;
  /** What the kernel said when it gave up, or null. */
  readonly panic: string | null;
  /** From the last record with a valid signature; null before the first. */
  readonly epoch: string | null;
  readonly sequence: string | null;
  readonly uptimeMicros: string | null;
  readonly cells: Heartbeat['cells'];
  /** Which peers the node heard within the last hello intervals. */
  readonly peers: Heartbeat['peers'];
  readonly counters: Readonly<Record<string, number>>;
}

export interface ErrorMessage {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type DaemonMessage =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorMessage }
  | { readonly console: number; readonly data: string };

export interface ClientMessage {
  readonly id: number;
  readonly op: string;
  readonly [field: string]: unknown;
}

/** Inverse of {@link parseMessage}, with the line's end. */
export function formatMessage(message: DaemonMessage | ClientMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** @returns undefined when the line is no JSON object */
export function parseMessage(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
