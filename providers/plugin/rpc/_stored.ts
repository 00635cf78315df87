/** What Terraform stored as JSON, brought from an older version of its schema to this one, step by step. */
import type { StoredState, Upgrades } from '../resource';
import type { RawState } from './_messages';

/** @throws on a state of Terraform 0.11 or earlier, which is not JSON */
export function parseStored(raw: RawState | null): StoredState {
  if (raw === null || raw.json.length === 0) throw new Error('the state is not stored as JSON');
  return JSON.parse(Buffer.from(raw.json).toString());
}

export function upgradeStored(
  stored: StoredState,
  from: number,
  to: number,
  steps: Upgrades | undefined,
): StoredState {
  if (from > to)
    throw Object.assign(
      new Error(`version ${from} was written by a newer provider, this one knows up to ${to}`),
      { hint: 'Upgrade the provider.' },
    );
  let state = stored;
  for (let version = from; version < to; version += 1) {
    const step = steps?.[version];
    if (step === undefined) throw new Error(`no step from version ${version} to ${version + 1}`);
    state = step(state);
  }
  return state;
}
