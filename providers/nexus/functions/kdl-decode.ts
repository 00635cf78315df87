/** `kdl_decode`: a KDL text as a value. */
import { parseKdl } from '../../../model';
import { defineFunction, dynamic, string } from '../../../schema';
import { providerFunction } from '../../plugin';
import { blaming } from '../_blame';
import { formatKdlValue } from './_kdl-value';

export const kdlDecode = providerFunction(
  defineFunction({
    name: 'kdl_decode',
    summary: 'KDL as a value',
    description:
      'The nodes of a KDL 2 document in their order, each `{ name, arguments, properties, children }`. Comments and ' +
      'layout are lost; type annotations are refused. Any KDL is read: whether it is a good system or mesh is ' +
      'checked where it is used.',
    parameters: { text: string({ description: 'The document, for example `file("mesh-alpha.kdl")`.' }) },
    returns: dynamic(),
  }),
  ({ text }) => blaming('text', () => formatKdlValue(parseKdl(text, 'text'))),
);
