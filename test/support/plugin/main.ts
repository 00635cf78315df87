/** The test provider as an executable of its own. */
import { serve } from '../../../providers/plugin';
import { definition } from './file-provider';

// What a careless library does while it loads and later; none of it may reach Terraform.
process.stderr.write('{"@message": 1}\n');
void serve(definition).then(() => {
  console.log('chatter on standard output');
  console.error('{"@message": {"not": "a string"}}');
});
