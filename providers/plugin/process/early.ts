/**
 * Imported before all else by the folder's index: in a process that Terraform started, standard output and error are
 * guarded from here on. A provider's main file imports the plugin folder first.
 */
import { guardFromNow } from './guard';
import { isStartedByTerraform } from './handshake';

export const early = guardFromNow(isStartedByTerraform(process.env) && !process.argv.includes('--debug'));
