/** `kdl_encode`: a value as KDL text. */
import { formatKdl } from '../../../model';
import { defineFunction, dynamic, string } from '../../../schema';
import { providerFunction } from '../../plugin';
import { parseKdlValue } from './_kdl-value';

export const kdlEncode = providerFunction(
  defineFunction({
    name: 'kdl_encode',
    summary: 'A value as KDL',
    description:
      'The KDL 2 text of a list of nodes, each `{ name, arguments, properties, children }`, where all but the name may ' +
      'be left out. One node a line, four spaces a level, properties by name: the same value gives the same text. ' +
      '`kdl_decode` reads it back.',
    parameters: { nodes: dynamic({ description: 'The nodes, as `kdl_decode` gives them.' }) },
    returns: string(),
  }),
  ({ nodes }) => formatKdl(parseKdlValue(nodes.value)),
);
