/** `cid_base64`: the CID of bytes, which Terraform knows only in base64. */
import { cidOfRaw } from '../../../model';
import { defineFunction, string, type Validator } from '../../../schema';
import { providerFunction } from '../../plugin';

const isBase64: Validator<string> = {
  description: 'base64 with padding',
  check: (value) =>
    Buffer.from(value, 'base64').toString('base64') === value ? undefined : 'expected base64 with padding',
};

export const cidBase64 = providerFunction(
  defineFunction({
    name: 'cid_base64',
    summary: 'CID of bytes in base64',
    description:
      'The CIDv1 (raw, sha2-256) of the bytes that a base64 text stands for. Of an image file it is the image CID.',
    parameters: {
      base64: string({
        description: 'The bytes in base64, for example `filebase64("n.img")`.',
        validate: [isBase64],
      }),
    },
    returns: string(),
  }),
  ({ base64 }) => cidOfRaw(Buffer.from(base64, 'base64')),
);
