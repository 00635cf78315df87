/** `nexus_image`: the kernel and the cells of one system, as one file that boots. */
import { defineResource, map, number, sizeBetween, string } from '../../schema';
import { parseSystem, sameSystem } from '../kdl';
import { cellsMax } from '../system';
import { checkedBy, isCidText, isName, keysAreNames } from './_validators';

export const imageResource = defineResource({
  typeName: 'nexus_image',
  version: 0,
  identity: { attributes: { name: string({ description: 'Name of the image.', required: true }) } },
  description:
    'A bootable image: the kernel with the cells of one system. It is refused when it is larger than the budget of ' +
    "the system's profile.",
  attributes: {
    name: string({
      description: 'Name of the image, which is the name of its system.',
      required: true,
      forcesReplacement: true,
      validate: [isName('image')],
    }),
    system: string({
      description: 'The system in KDL: profile and cells. Read a file of it with `file("system-n.kdl")`.',
      required: true,
      validate: [checkedBy('a system in KDL', (text: string) => parseSystem(text, 'system'))],
      sameMeaning: sameSystem,
    }),
    cells: map(string({ validate: [isCidText] }), {
      description: 'The Variant-CID of each cell of the system, by the name of the cell.',
      required: true,
      validate: [keysAreNames('cell'), sizeBetween(1, cellsMax)],
    }),
    kernel_digest: string({ description: "SHA-256 over the kernel's sources, in hex.", computed: true }),
    image_cid: string({
      description: "CID of the image file's bytes. Its digest is what a running node measures itself to be.",
      computed: true,
    }),
    size_bytes: number({ description: 'Size of the image in bytes.', computed: true }),
    ledger_cid: string({
      description: 'CID of the record in the ledger that says how the image was built.',
      computed: true,
    }),
  },
});
