/** Sessions: handshake, streams, timers, as a state machine without clock and sockets. */
export * from './endpoint';
export * from './events';
export * from './limits';
