/*
 * The sliding window of UTCP: rules 14 to 18 of docs/utcp.md. A sender of MESSAGES messages with a window of WINDOW, a
 * receiver that asks for what is missing, and a network that loses at most LOSSES packets in each direction and may
 * give the packets of each direction in another order. Timers run when nothing else can happen.
 *
 * With NO_HEARTBEAT the sender never tells of its tail: then a lost last message is never missed, and pan finds that.
 */
#ifndef MESSAGES
#define MESSAGES 4
#endif
#define WINDOW 2
#define LOSSES 2

mtype = { data, heartbeat }

/* `??` with a random place would be larger: packets in two lanes may overtake each other. */
chan laneA = [2] of { mtype, byte };
chan laneB = [2] of { mtype, byte };
chan feedback = [3] of { byte, byte, bool }; /* position, limit, the message at the position is asked for */

byte acknowledged, sent, limit = WINDOW; /* of the sender */
byte position, highest;                  /* of the receiver */
bool stored[MESSAGES + WINDOW];
byte lost, feedbackLost;

inline transmit(kind, number) {
  if
  :: nfull(laneA) -> laneA!kind, number
  :: nfull(laneB) -> laneB!kind, number
  :: lost < LOSSES -> lost++
  fi
}

inline tell() {
  if
  :: nfull(feedback) -> feedback!position, position + WINDOW, (position < highest)
  :: feedbackLost < LOSSES -> feedbackLost++
  :: full(feedback) -> skip /* a full queue is a loss that comes of itself */
  fi
}

active proctype Sender() {
  byte seen, credit;
  bool isWanted;
  do
  :: atomic { sent < MESSAGES && sent < limit && sent - acknowledged < WINDOW && (nfull(laneA) || nfull(laneB)) ->
       transmit(data, sent); sent++ }
  :: atomic { feedback?seen, credit, isWanted ->
       assert(seen <= sent); /* nothing is acknowledged that was not sent */
       if :: seen > acknowledged -> acknowledged = seen :: else fi;
       if :: credit > limit -> limit = credit :: else fi;
       isWanted = isWanted && seen >= acknowledged && seen < sent && (len(laneA) < 2 || len(laneB) < 2);
       if
       :: isWanted -> transmit(data, seen)
       :: else
       fi }
#ifndef NO_HEARTBEAT
  :: atomic { timeout && acknowledged < sent -> transmit(heartbeat, sent) }
#endif
  :: acknowledged == MESSAGES -> break
  od
}

active proctype Receiver() {
  mtype kind;
  byte number;
end:
  do
  :: atomic { if :: laneA?kind, number :: laneB?kind, number fi;
       if
       :: kind == data && number >= position ->
          assert(number < position + WINDOW); /* the credit holds */
          stored[number] = true;
          if :: number + 1 > highest -> highest = number + 1 :: else fi
       :: kind == heartbeat && number > highest -> highest = number
       :: else
       fi;
       do
       :: position < MESSAGES && stored[position] -> position++
       :: else -> break
       od;
       kind = data; number = 0; /* what is done with does not tell states apart */
       tell() }
  od
}

/* Everything comes in the end, and the sender knows it. */
ltl everythingComes { <> (acknowledged == MESSAGES && position == MESSAGES) }
