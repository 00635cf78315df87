/** Modules by what they are for. */

/** The machine's disk and network card: virtio on PCI (QEMU's q35 and virt). */
export const virtioModules = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_rng'];

/** The root: checked, compressed, with memory above it. */
export const rootModules = ['dm_verity', 'squashfs', 'overlay'];

/** What runc and a container network's plugins ask for. */
export const containerModules = [
  'loop',
  'veth',
  'bridge',
  'br_netfilter',
  'nf_tables',
  'nft_chain_nat',
  'nft_compat',
  'nft_ct',
  'nft_masq',
  'nft_nat',
  'nft_reject_inet',
  'xt_MASQUERADE',
  'xt_addrtype',
  'xt_comment',
  'xt_conntrack',
  'xt_mark',
];
