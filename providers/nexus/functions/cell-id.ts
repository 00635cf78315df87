/** `cell_id`: the name of a node in a mesh, for whoever holds the mesh's key. */
import { cellId as cellIdOf, isPublicKey } from '../../../model';
import { defineFunction, matches, string } from '../../../schema';
import { providerFunction } from '../../plugin';

export const cellId = providerFunction(
  defineFunction({
    name: 'cell_id',
    summary: 'CellID of a node in a mesh',
    description:
      "The CellID of a node: SipHash-2-4-128 of its public key under the mesh's key, in hex. The key of a mesh is " +
      'secret and a function sees only what it is given: hand it over as a sensitive value, never as a literal; the ' +
      'result is then sensitive too, and `nonsensitive()` frees it (a CellID stands in every frame and is no ' +
      'secret). For a mesh of this configuration read `cell_ids` of its `nexus_mesh` instead, which needs no key.',
    parameters: {
      public_key: string({
        description: "The node's Ed25519 public key in hex.",
        validate: [isPublicKey],
      }),
      mesh_key: string({
        description: 'The 16 secret bytes of the mesh in hex, as a sensitive value.',
        sensitive: true,
        validate: [matches(/^[0-9a-f]{32}$/, '32 lower-case hex digits')],
      }),
    },
    returns: string(),
  }),
  ({ public_key, mesh_key }) => cellIdOf(Buffer.from(mesh_key, 'hex'), Buffer.from(public_key, 'hex')),
);
