/** `nexus_release`: what a fleet is to run, recorded before anything is deployed. */
import { defineResource, map, object, sizeBetween, string } from '../../schema';
import { parseMesh, parseSystem, sameMesh, sameSystem, sameTexts } from '../kdl';
import { checkedBy, isCidText, isName, keysAreNames } from './_validators';

export const releaseResource = defineResource({
  typeName: 'nexus_release',
  version: 0,
  identity: { attributes: { name: string({ description: 'Name of what is released.', required: true }) } },
  description:
    'A release: systems, images, meshes and placement, recorded in the ledger before anything is deployed. It is ' +
    'the unit of rollback: a deployment of an older CID brings back all of that release. Destroying it only forgets ' +
    'it in Terraform; the record stays in the ledger.',
  attributes: {
    name: string({
      description: 'Name of what is released: the stack.',
      required: true,
      forcesReplacement: true,
      validate: [isName('release')],
    }),
    systems: map(string({ validate: [checkedBy('a system in KDL', readSystem)] }), {
      description: 'KDL of each system, by the name of its image.',
      required: true,
      validate: [keysAreNames('system'), sizeBetween(1, 4096)],
      sameMeaning: sameTexts(sameSystem),
    }),
    images: map(string({ validate: [isCidText] }), {
      description: 'CID of each image, by its name.',
      required: true,
      validate: [keysAreNames('image'), sizeBetween(1, 4096)],
    }),
    meshes: map(string({ validate: [checkedBy('a mesh in KDL', readMesh)] }), {
      description: 'KDL of each mesh, by its name.',
      required: true,
      validate: [keysAreNames('mesh'), sizeBetween(1, 4096)],
      sameMeaning: sameTexts(sameMesh),
    }),
    placement: map(
      object({
        host: string({
          description: 'Host that runs the node.',
          required: true,
          validate: [isName('host')],
        }),
        image: string({
          description: 'Image that the node boots.',
          required: true,
          validate: [isName('image')],
        }),
        mesh: string({
          description: 'Mesh that the node is in.',
          required: true,
          validate: [isName('mesh')],
        }),
      }),
      {
        description: 'Where each node stands and what it runs, by the name of the node.',
        required: true,
        validate: [keysAreNames('node'), sizeBetween(1, 4096)],
      },
    ),
    cid: string({
      description: 'CID of the record in the ledger. The same release has the same CID on every machine.',
      computed: true,
    }),
  },
});

function readSystem(text: string): unknown {
  return parseSystem(text, 'system');
}

function readMesh(text: string): unknown {
  return parseMesh(text, 'mesh');
}
