/** Ephemeral resource `nexus_signing_key`: a key that lives for one run. */
import { defineEphemeralResource, matches, string } from '../../schema';

export const signingKeyEphemeral = defineEphemeralResource({
  typeName: 'nexus_signing_key',
  description:
    'An Ed25519 key pair that is made for one run of Terraform and stands in no plan and no state: for a signer outside ' +
    'of Nexus, handed on through a write-only attribute. Each run makes another. Terraform 1.10 and later.',
  attributes: {
    name: string({
      description: 'Name of the key, which the verifier key begins with.',
      required: true,
      validate: [matches(/^[a-z][a-z0-9.-]{0,99}$/, 'up to 100 of a-z, 0-9, `.` and `-`, a letter first')],
    }),
    private_key_pem: string({
      description: 'The private key as PKCS #8 in PEM.',
      computed: true,
      sensitive: true,
    }),
    public_key: string({ description: 'The public key in hex.', computed: true }),
    verifier_key: string({
      description: 'The public key in one line, in the form of c2sp.org/signed-note.',
      computed: true,
    }),
  },
});
