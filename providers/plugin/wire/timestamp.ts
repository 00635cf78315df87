/** Protocol message `google.protobuf.Timestamp`, and the time at which an ephemeral value is to be renewed. */

export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export function formatTimestamp(time: Date): Timestamp {
  const ms = time.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * 1_000_000 };
}

/** What a handler asked for last. */
export class RenewalTime {
  private time: Date | undefined;

  readonly set = (time: Date): void => {
    this.time = time;
  };

  /** The field `renew_at` of an answer, where a handler asked for it. */
  get field(): { renew_at?: Timestamp } {
    return this.time === undefined ? {} : { renew_at: formatTimestamp(this.time) };
  }
}
