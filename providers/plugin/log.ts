/** What handlers write their log with. It reaches Terraform's own log, shown with TF_LOG=debug and the like. */
export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Further fields of a line. Never put a secret in one. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Log = { readonly [L in Level]: (message: string, fields?: LogFields) => void };

/** Where lines go; the process's standard error in a provider, a list in a test. */
export type LogSink = (level: Level, message: string, fields: LogFields) => void;

/** A log whose lines all carry the given fields. */
export function makeLog(sink: LogSink, always: LogFields = {}): Log {
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void =>
      sink(level, message, { ...always, ...fields });
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
