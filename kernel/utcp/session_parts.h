// What of a session both of its files use: session.c sends, session_receive.c takes.
#pragma once
#include "session.h"

static inline uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Seals what stands in the packet behind its header, and sends it. Returns its size. */
size_t session_transmit(struct Session *session, uint8_t type, size_t payload_size, uint64_t now);
void session_tell(const struct Session *session, struct UtcpEvent event);
void session_schedule_heartbeat(const struct Session *session, struct SendStream *stream, uint64_t now);
/* Sends feedback: now, or soon if there is little to tell. */
void session_give_feedback(struct Session *session, uint32_t index, uint64_t now);
void session_give_feedback_soon(struct Session *session, uint32_t index, uint64_t now);
