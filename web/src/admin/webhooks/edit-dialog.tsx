/** An address and what it is told of: a new one, or one that changes. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import {
  CreateWebhook,
  UpdateWebhook,
  WEBHOOK_LIMITS,
  type Webhook,
  type WebhookType,
} from '../../../../src/contracts/webhooks.ts';
import { call } from '../../api/client.ts';
import { Input } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { useAttempt } from '../attempt.ts';
import { FormDialog, useSending } from '../form.tsx';
import { Loaded } from '../panel.tsx';
import { WEBHOOKS, webhookTypes } from './reads.ts';

export interface EditDialogProps {
  /** None: a new one. */
  webhook?: Webhook;
  /** Its secret, which nobody shows again. */
  onCreated?: (made: { id: string; secret: string }) => void;
  onClose: () => void;
}

export function EditDialog({ webhook, onCreated, onClose }: EditDialogProps) {
  const queries = useQueryClient();
  const types = useQuery(webhookTypes);
  const attempt = useAttempt();
  const sending = useSending(async (text, form) => {
    const given = { url: text('url'), description: text('description'), types: form.getAll('types') as WebhookType[] };
    try {
      if (webhook) {
        await call(UpdateWebhook, { params: { id: webhook.id }, body: given });
        toast('It is told of that from now on');
      } else {
        onCreated?.(await call(CreateWebhook, { body: given, key: attempt.key }));
      }
    } catch (error) {
      attempt.failed(error);
      throw error;
    } finally {
      void queries.invalidateQueries({ queryKey: WEBHOOKS });
    }
    onClose();
  });
  return (
    <FormDialog
      title={webhook ? 'Change the webhook' : 'Add a webhook'}
      sending={sending}
      action={webhook ? 'Save' : 'Add'}
      onClose={onClose}
    >
      <Input
        label="Address"
        name="url"
        type="url"
        autoFocus
        placeholder="https://example.com/tradewind"
        defaultValue={webhook?.url}
        maxLength={WEBHOOK_LIMITS.url}
        fault={sending.faults['/url']}
      />
      <Input
        label="Note"
        name="description"
        optional
        defaultValue={webhook?.description}
        maxLength={WEBHOOK_LIMITS.description}
        fault={sending.faults['/description']}
      />
      <fieldset className="stack-small">
        <legend className="label">It is told of</legend>
        <Loaded query={types}>
          {({ items }) =>
            items.map(({ type, summary }) => (
              <label key={type} className="check">
                <input type="checkbox" name="types" value={type} defaultChecked={webhook?.types.includes(type)} />
                <span>
                  {type} <span className="soft small block">{summary}</span>
                </span>
              </label>
            ))
          }
        </Loaded>
        {sending.faults['/types'] && (
          <p className="fault" role="alert">
            Choose at least one.
          </p>
        )}
      </fieldset>
    </FormDialog>
  );
}
