/** The provider of `plugin-scale.ts` as an executable of its own. */
import { serve } from '../providers/plugin';
import { definition } from './plugin-scale-provider';

void serve(definition);
