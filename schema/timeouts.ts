/** The standard `timeouts` attribute: how long each operation may take before its AbortSignal fires. */
import type { Attribute, ObjectType, StringType } from './attribute';
import { object, string } from './builders';
import { duration } from './validators';

export type Operation = 'create' | 'read' | 'update' | 'delete';

/** Longest time of each operation where the user sets none, e.g. `{ create: '5m' }`. Absent: no limit. */
export type TimeoutDefaults = { readonly [O in Operation]?: string };

type Limit = Attribute<StringType, 'optional', 'plain'>;
export type TimeoutsAttribute = Attribute<
  ObjectType<{ readonly [O in Operation]: Limit }>,
  'optional',
  'plain'
> & { readonly timeoutDefaults: TimeoutDefaults };

/** Stands in a resource's attributes under the name `timeouts`, where the plugin server looks for it. */
export function timeouts(defaults: TimeoutDefaults = {}): TimeoutsAttribute {
  const attributes = {
    create: limit('create', defaults),
    read: limit('read', defaults),
    update: limit('update', defaults),
    delete: limit('delete', defaults),
  };
  const description = 'How long each operation may take, as durations such as `30s` or `5m`.';
  return { ...object(attributes, { description }), timeoutDefaults: defaults };
}

function limit(operation: Operation, defaults: TimeoutDefaults): Limit {
  const ending = defaults[operation] === undefined ? 'Without it there is no limit.' : '';
  const standard = defaults[operation] === undefined ? '' : `Default \`${defaults[operation]}\`.`;
  return string({
    description: `Longest time for ${operation}. ${ending}${standard}`,
    validate: [duration()],
  });
}

export function isTimeouts(attribute: Attribute | undefined): attribute is TimeoutsAttribute {
  return attribute !== undefined && 'timeoutDefaults' in attribute;
}
