/** `nexus_cell`: a folder of C files, built into a cell with its Variant-CID. */
import { defineResource, number, set, string } from '../../schema';
import { checkSource, checkStackBytes, stackBytesLimits } from '../cell';
import { parsePledge } from '../pledge';
import { checkedBy, isName } from './_validators';

const { smallest, largest, multiple } = stackBytesLimits;

export const cellResource = defineResource({
  typeName: 'nexus_cell',
  version: 0,
  identity: { attributes: { name: string({ description: 'Name of the cell.', required: true }) } },
  description:
    'A cell: a sealed piece of software, built from a folder of C files. The same sources give the same Variant-CID ' +
    'on every machine, and a changed source shows in the plan.',
  attributes: {
    name: string({
      description: 'Name of the cell, as the system and the mesh name it.',
      required: true,
      forcesReplacement: true,
      validate: [isName('cell')],
    }),
    source: string({
      description:
        'Folder of the C files, as a path relative to the working folder of Terraform, with forward slashes.',
      required: true,
      validate: [checkedBy('the relative path of a folder', checkSource)],
    }),
    pledges: set(string({ validate: [checkedBy('a pledge: `stdio`, `clock` or `mesh`', parsePledge)] }), {
      description:
        'What the cell says it will use: `stdio` writes to the console, `clock` reads the clock and sleeps, `mesh` ' +
        'sees the peers of the mesh. Any other call ends the cell. Give an empty set for a cell that only computes.',
      required: true,
    }),
    stack_bytes: number({
      description: `Size of the stack in bytes: ${smallest} to ${largest}, a multiple of ${multiple}.`,
      default: stackBytesLimits.default,
      validate: [checkedBy(`from ${smallest} to ${largest}, a multiple of ${multiple}`, checkStackBytes)],
    }),
    source_digest: string({
      description: 'SHA-256 over the source files, their names and contents, in hex.',
      computed: true,
    }),
    variant_cid: string({
      description:
        'CID of the built cell: of its manifest, which names its code, its pledges and its compiler.',
      computed: true,
    }),
    size_bytes: number({ description: 'Size of the cell in the image, in bytes.', computed: true }),
    ledger_cid: string({
      description: 'CID of the record in the ledger that says how the cell was built.',
      computed: true,
    }),
  },
});
