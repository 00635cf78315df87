/** Functions of the provider: pure, called as `provider::nexus::cid(…)`, without configuration or state folder. */
import type { ProviderFunction } from '../../plugin';
import { cellId } from './cell-id';
import { cid } from './cid';
import { cidBase64 } from './cid-base64';
import { kdlDecode } from './kdl-decode';
import { kdlEncode } from './kdl-encode';
import { verifyProof } from './verify-proof';

export const functions: readonly ProviderFunction[] = [
  cellId,
  cid,
  cidBase64,
  kdlDecode,
  kdlEncode,
  verifyProof,
];
