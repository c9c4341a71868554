import {
  a,
  count,
  flag,
  instant,
  list,
  open,
  orNull,
  pageOf,
  shape,
  text,
} from '../../common/http/schema.js';

/* Settings as the documentation describes them. Their values differ by namespace: `GET /admin/settings/schema`. */

const anything = (description: string) => ({ description });
const byMember = 'by member; of a secret only whether it is set, and its last four characters';

export const namespaceSchema = shape('SettingsNamespace', {
  namespace: text('Name of the namespace'),
  version: count('Counts the changes; 0: never changed'),
  values: open(`What is in effect, ${byMember}`),
  defaults: open(`What is in effect where nothing else is said, ${byMember}`),
  sources: open('Where each value comes from: `stored` wins over `environment`, that over `default`', {
    type: 'string',
    enum: ['stored', 'environment', 'default'],
  }),
  updated_at: orNull(instant('When it was last changed; null if never')),
  updated_by: orNull(text('Id of the agent whose key changed it; null if never')),
  'problems?': list('What is stored and cannot be used; the default is in effect instead', {}),
});

const changes = list(
  'What changes, member by member',
  shape('SettingChange', {
    member: text('Name of the member'),
    before: anything('Its value before; masked if it is a secret'),
    after: anything('Its value afterwards; masked if it is a secret'),
  }),
);

const previewSchema = shape('SettingsPreview', {
  valid: flag('Whether the change would be made'),
  errors: list(
    'Everything that is wrong with it',
    shape('SettingError', {
      param: text('JSONPath to the value'),
      message: text('What is wrong, for people'),
    }),
  ),
  changes,
});

/** Of a change: the namespace, or with `dry_run` what would become of it. */
export const changedSchema = {
  oneOf: [
    a('The namespace as it is now', namespaceSchema),
    a('With `dry_run=true`: what would change', previewSchema),
  ],
};

export const historySchema = shape('SettingsVersion', {
  version: count('Its number'),
  updated_at: instant('When it was made'),
  updated_by: text('Id of the agent whose key made it'),
  restored_version: orNull(count('The version it brought back; null if it was no rollback')),
  changes,
  values: open('What was stored then, by member; secrets masked'),
});

/** There are too few namespaces for a second page. */
export const namespacesSchema = pageOf(namespaceSchema);
