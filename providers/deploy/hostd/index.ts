/** The host daemon: what carries the network, the consoles and the heartbeats of a state folder's nodes. */
export { type ConsoleStream, HostdClient, isHostdLost } from './client';
export { runHostdCommand } from './command';
export { type HostdOptions, hostdLock, runHostd } from './daemon';
export { type EnsureHostdOptions, ensureHostd, findHostd } from './ensure';
export type { AppendInterval, CollectedInterval } from './heartbeats';
export { appendToLedger, openCollectorKey } from './ledger';
export { hostdProtocol, type NodeView } from './protocol';
