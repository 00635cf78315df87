/** `cid`: the CID of a text, as ledger and store name it. */
import { cidOfRaw } from '../../../model';
import { defineFunction, string } from '../../../schema';
import { providerFunction } from '../../plugin';

export const cid = providerFunction(
  defineFunction({
    name: 'cid',
    summary: 'CID of a text',
    description:
      'The CIDv1 (raw, sha2-256) of the bytes of a text in UTF-8: what the store and the ledger call the same bytes. ' +
      'For bytes that are no text use `cid_base64`.',
    parameters: { text: string({ description: 'The text, for example `file("system-n.kdl")`.' }) },
    returns: string(),
  }),
  ({ text }) => cidOfRaw(Buffer.from(text, 'utf8')),
);
