/** How the host daemon gets its intervals of heartbeats into the ledger. */
import type { HeartbeatInterval } from '../../model';
import { type Environment, openClient } from './client';

/** For `runHostdCommand`: the ledger of the daemon's state folder. */
export function appendHeartbeats(
  environment: Environment,
): (stateDir: string) => (interval: HeartbeatInterval) => Promise<void> {
  return (stateDir) => async (interval) => {
    const client = await openClient(stateDir, environment);
    await client.record('heartbeat-interval', interval);
  };
}
