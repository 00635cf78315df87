/** `nexus_deployment`: one node, running what a release says. */
import {
  defineResource,
  map,
  number,
  object,
  oneOf,
  sizeBetween,
  string,
  timeouts,
  wholeNumber,
} from '../../schema';
import { isCidText, isName, isPublicKey, keysAreNames } from './_validators';
import { meshNodesMax } from './mesh';

/** What runs the guest's instructions: `tcg` is software emulation, which works everywhere. */
export const hostAccelerators = ['tcg', 'kvm'] as const;

/** What a host is when nothing else is said. */
export const hostDefaults = { memoryMib: 16, accelerator: 'tcg' } as const;

/** What a deployment can be found to be. Only `running` is in order; each other is drift. */
export const deploymentStatuses = [
  'running',
  'dead',
  'silent',
  'wrong-image',
  'wrong-config',
  'wrong-key',
  'wrong-slot',
  'unreadable',
] as const;

export const deploymentResource = defineResource({
  typeName: 'nexus_deployment',
  version: 0,
  identity: { attributes: { node: string({ description: 'Name of the node.', required: true }) } },
  description:
    'A node that runs the image which a release places on it. The new image goes into the free slot, boots, and must ' +
    'prove itself with a signed boot record; otherwise the old slot comes back and the apply fails.',
  attributes: {
    node: string({
      description: 'Name of the node.',
      required: true,
      forcesReplacement: true,
      validate: [isName('node')],
    }),
    release: string({
      description: 'CID of the release to run. An older CID rolls the node back.',
      required: true,
      validate: [isCidText],
    }),
    mesh: string({
      description:
        'Name of the mesh that the node is in. In another mesh it is another node, with another CellID.',
      required: true,
      forcesReplacement: true,
      validate: [isName('mesh')],
    }),
    peers: map(string({ validate: [isPublicKey] }), {
      description:
        'Public keys of the nodes of the mesh, by name: `public_keys` of the `nexus_mesh`. The node itself may be ' +
        'among them and is passed over.',
      required: true,
      validate: [keysAreNames('node'), sizeBetween(0, meshNodesMax)],
    }),
    host: object(
      {
        name: string({
          description: 'Name of the host; `local` is the machine that runs Terraform.',
          required: true,
          validate: [isName('host')],
        }),
        memory_mib: number({
          description: 'Memory of the virtual machine in MiB.',
          default: hostDefaults.memoryMib,
          validate: [wholeNumber(16, 65_536)],
        }),
        accelerator: string({
          description:
            '`tcg` is software emulation; any other is used only after a probe has shown that it boots.',
          default: hostDefaults.accelerator,
          validate: [oneOf(...hostAccelerators)],
        }),
      },
      { description: 'Machine that runs the node in QEMU.', required: true },
    ),
    timeouts: timeouts({ create: '2m', update: '2m', delete: '1m' }),
    image_cid: string({ description: 'CID of the image that runs.', computed: true }),
    public_key: string({
      description: "The node's Ed25519 public key in hex, which its boot records are checked with.",
      computed: true,
      keepStateWhenUnknown: true,
    }),
    cell_id: string({
      description: "The node's CellID in its mesh, in hex.",
      computed: true,
      keepStateWhenUnknown: true,
    }),
    slot: string({ description: 'Slot that the node booted from: `a` or `b`.', computed: true }),
    config_digest: string({
      description: "SHA-256 of the stable part of the node's configuration, in hex.",
      computed: true,
    }),
    epoch: string({ description: 'Count of boots, as decimal text; it only grows.', computed: true }),
    status: string({
      description: `What the node was found to be: ${deploymentStatuses.map((status) => `\`${status}\``).join(', ')}.`,
      computed: true,
    }),
    boot_cid: string({ description: 'CID of the boot record in the ledger.', computed: true }),
    deployment_cid: string({ description: 'CID of the deployment record in the ledger.', computed: true }),
  },
});
