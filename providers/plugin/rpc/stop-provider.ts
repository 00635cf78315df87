/** StopProvider: the user pressed Ctrl-C. Work under way is asked to end; the apply goes on and takes its results. */
import type { PluginServer } from '../server';

export async function stopProvider<C>(server: PluginServer<C>): Promise<{ Error: string }> {
  server.stop('Terraform asked to stop');
  return { Error: '' };
}
