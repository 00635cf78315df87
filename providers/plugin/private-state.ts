/** Private state: small JSON values that Terraform keeps with a resource and shows to no one. Not a place for secrets. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export class PrivateState {
  private constructor(private values: Readonly<Record<string, Json>>) {}

  /** Bytes that are not ours, such as another provider's after a move, count as none. */
  static parse(bytes: Uint8Array): PrivateState {
    // Most calls bring none, and an exception for each would be what they spend the most time on.
    if (bytes.length === 0) return new PrivateState({});
    try {
      const values: unknown = JSON.parse(Buffer.from(bytes).toString());
      const isOurs = typeof values === 'object' && values !== null && !Array.isArray(values);
      return new PrivateState(isOurs ? (values as Readonly<Record<string, Json>>) : {});
    } catch {
      return new PrivateState({});
    }
  }

  get(key: string): Json | undefined {
    return Object.hasOwn(this.values, key) ? this.values[key] : undefined;
  }

  set(key: string, value: Json): void {
    this.values = { ...this.values, [key]: value };
  }

  delete(key: string): void {
    this.values = Object.fromEntries(Object.entries(this.values).filter(([name]) => name !== key));
  }

  /** Inverse of {@link parse}. */
  format(): Uint8Array {
    return Object.keys(this.values).length === 0
      ? new Uint8Array()
      : Buffer.from(JSON.stringify(this.values));
  }
}
