/** Pledges about sockets: by their domain when they are made; an open socket knows its domain itself. */
import { isNull, masked, oneOf, type Rule, rule } from './rule';

const [unix, ipv4, ipv6, netlink] = [1, 2, 10, 16];
const [stream, datagram] = [1, 2];
const sockets = [['inet'], ['unix'], ['dns']] as const;
const [ipLevel, socketLevel, tcpLevel, udpLevel, ipv6Level] = [0, 1, 6, 17, 41];

/** The options of IP and IPv6 that neither join groups nor reach netfilter. */
const ipOptions = [1, 2, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 24];
const ipv6Options = [16, 23, 24, 25, 26, 49, 50, 51, 52, 62, 66, 67, 72];
const ipMulticast = [32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49];
const ipv6Multicast = [17, 18, 19, 20, 21, 29, 42, 43, 44, 45, 46, 47, 48];

export const networkRules: readonly Rule[] = [
  rule([['inet'], ['dns']], 'socket', 'IPv4 or IPv6, stream or datagram', [
    oneOf(0, ipv4, ipv6),
    masked(1, 0xf, stream, datagram),
  ]),
  rule([['inet'], ['dns']], 'socket', 'netlink to the routing table', [oneOf(0, netlink), oneOf(2, 0)]),
  rule([['unix']], 'socket', 'Unix', [oneOf(0, unix)]),
  rule([['stdio'], ['unix']], 'socketpair', 'Unix', [oneOf(0, unix)]),
  rule([['inet'], ['unix']], 'listen accept accept4'),
  rule(sockets, 'bind connect getsockopt getsockname getpeername'),
  rule([['stdio']], 'recvfrom shutdown'),
  rule([['stdio']], 'sendto', 'without an address', isNull(4)),
  rule(sockets, 'sendto'),
  rule([...sockets, ['sendfd']], 'sendmsg sendmmsg'),
  rule([...sockets, ['recvfd']], 'recvmsg recvmmsg'),
  rule(sockets, 'setsockopt', 'SOL_SOCKET', [oneOf(1, socketLevel)]),
  rule([['inet'], ['dns']], 'setsockopt', 'TCP, UDP, netlink, TLS, MPTCP', [
    oneOf(1, tcpLevel, udpLevel, 270, 282, 284),
  ]),
  rule([['inet'], ['dns']], 'setsockopt', 'IP, but no groups and no netfilter', [
    oneOf(1, ipLevel),
    oneOf(2, ...ipOptions),
  ]),
  rule([['inet'], ['dns']], 'setsockopt', 'IPv6, but no groups and no netfilter', [
    oneOf(1, ipv6Level),
    oneOf(2, ...ipv6Options),
  ]),
  rule([['mcast']], 'setsockopt', 'groups of IP', [oneOf(1, ipLevel), oneOf(2, ...ipMulticast)]),
  rule([['mcast']], 'setsockopt', 'groups of IPv6', [oneOf(1, ipv6Level), oneOf(2, ...ipv6Multicast)]),
  rule([['inet']], 'ioctl', 'reads interfaces', [
    oneOf(1, 0x8910, 0x8912, 0x8913, 0x8915, 0x8917, 0x8919, 0x891b, 0x8921, 0x8927, 0x8933, 0x8942),
  ]),
];
