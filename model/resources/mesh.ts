/** `nexus_mesh`: the identities of the nodes of a mesh. */
import { defineResource, lengthBetween, map, set, string } from '../../schema';
import { parseMesh, sameMesh } from '../kdl';
import { checkedBy, isName } from './_validators';

/** A node knows at most 64 peers, so a mesh has one node more. */
export const meshNodesMax = 65;

export const meshResource = defineResource({
  typeName: 'nexus_mesh',
  version: 0,
  identity: { attributes: { name: string({ description: 'Name of the mesh.', required: true }) } },
  description:
    'A mesh: nodes that may talk to each other over UTCP. It makes the key of the mesh and a key for each node; the ' +
    "secret halves stay in the provider's state folder and never stand in Terraform's state.",
  attributes: {
    name: string({
      description: 'Name of the mesh.',
      required: true,
      forcesReplacement: true,
      validate: [isName('mesh')],
    }),
    definition: string({
      description: 'The mesh in KDL: members and intervals. Read a file of it with `file("mesh-alpha.kdl")`.',
      required: true,
      validate: [checkedBy('a mesh in KDL', (text: string) => parseMesh(text, 'definition'))],
      sameMeaning: sameMesh,
    }),
    nodes: set(string({ validate: [isName('node')] }), {
      description: `Names of the nodes in the mesh, at most ${meshNodesMax}.`,
      required: true,
      validate: [lengthBetween(1, meshNodesMax)],
    }),
    key_id: string({
      description:
        'Names the secret key of the mesh without telling it: the first 8 bytes of its SHA-256, in hex.',
      computed: true,
      keepStateWhenUnknown: true,
    }),
    public_keys: map(string(), {
      description: 'The Ed25519 public key of each node, in hex, by the name of the node.',
      computed: true,
    }),
    cell_ids: map(string(), {
      description: 'The CellID of each node in this mesh, in hex, by the name of the node.',
      computed: true,
    }),
  },
});
