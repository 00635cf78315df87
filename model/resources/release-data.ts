/** Data source `nexus_release`: a release that stands in the ledger. */
import { defineDataSource, map, object, string } from '../../schema';
import { isCidText, isName } from './_validators';

export const releaseData = defineDataSource({
  typeName: 'nexus_release',
  description:
    'A release as the ledger has it: by its CID, or the newest of a name. Only what the deployer signed counts. A ' +
    'release that is not there is an error.',
  attributes: {
    cid: string({
      description: 'CID of the release. Give this or `name`.',
      optional: true,
      computed: true,
      validate: [isCidText],
    }),
    name: string({
      description: 'Name of what was released; the newest release of it is taken.',
      optional: true,
      computed: true,
      validate: [isName('release')],
    }),
    systems: map(string(), { description: 'KDL of each system, by the name of its image.', computed: true }),
    images: map(string(), { description: 'CID of each image, by its name.', computed: true }),
    meshes: map(string(), { description: 'KDL of each mesh, by its name.', computed: true }),
    placement: map(
      object({
        host: string({ description: 'Host that runs the node.', computed: true }),
        image: string({ description: 'Image that the node boots.', computed: true }),
        mesh: string({ description: 'Mesh that the node is in.', computed: true }),
      }),
      {
        description: 'Where each node stands and what it runs, by the name of the node.',
        computed: true,
      },
    ),
  },
});
