/** The provider itself: where Terraform finds it, and what it is told. */
import { defineProvider, string } from '../../schema';
import { factoryVersion } from '../version';
import { isNotEmpty } from './_validators';

/** With a hostname of its own, so that mirror, lock file and state mean the same in Terraform and OpenTofu. */
export const providerAddress = 'factory.nexus.internal/nexus/nexus';

export const providerVersion = factoryVersion;

export const nexusProvider = defineProvider({
  description:
    'Builds cells and images, boots them on hosts, and records in a signed ledger what runs where.',
  attributes: {
    state_dir: string({
      description:
        'Folder of the block store, the ledger, the keys and the nodes; a relative path starts at the working ' +
        'folder of Terraform. Without it `.nexus`. It holds secret keys: never commit it.',
      validate: [isNotEmpty],
    }),
    ledger: string({
      description:
        'Where the ledger is when it is shared: a folder, `postgres://user@host/database`, or the `https://` address ' +
        'of `nexus ledger serve`. Without it `NEXUS_LEDGER`, and without that the folder `ledger` of the state ' +
        'folder. Never with a password in it: that stands in `NEXUS_LEDGER`, `PGPASSWORD` or `PGPASSFILE`.',
      validate: [isNotEmpty],
    }),
  },
});
