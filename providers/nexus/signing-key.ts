/** Ephemeral resource `nexus_signing_key`: a fresh key, kept nowhere. */
import { publicKeyBytes, seedSizeBytes, signingKeyEphemeral, signingKeyOfSeed } from '../../model';
import { pluginFor } from '../plugin';
import { formatVerifierKey } from '../provchain';
import type { Client } from './client';

const { ephemeralResource } = pluginFor<Client>();

export const signingKey = ephemeralResource(signingKeyEphemeral, {
  async open({ name }, { client }) {
    const key = signingKeyOfSeed(client.environment.random(seedSizeBytes));
    const publicKey = publicKeyBytes(key);
    return {
      name,
      private_key_pem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
      public_key: Buffer.from(publicKey).toString('hex'),
      verifier_key: formatVerifierKey({ name, publicKey }),
    };
  },
});
