/** List resource `nexus_deployment`: the nodes that are deployed in the state folder. */
import { defineListResource, string } from '../../schema';
import { isName } from './_validators';

export const deploymentList = defineListResource({
  typeName: 'nexus_deployment',
  description:
    'The nodes that are deployed in the state folder, whether or not a configuration knows them. For `terraform query`.',
  attributes: {
    mesh: string({
      description: 'Only nodes of this mesh.',
      optional: true,
      validate: [isName('mesh')],
    }),
  },
});
