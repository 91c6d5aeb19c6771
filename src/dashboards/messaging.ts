/** Messages: of one service, and of all of them. */
import type { Dashboard, Panel } from './panel.ts';
import { entry, quantile, rate } from './panel.ts';

/** `of`: the matchers of the services. */
export const messagesOf = (of: string): Panel[] => [
  {
    title: 'Messages, by outcome',
    about: 'Handled, known already (duplicate), failed (tried again) and dead. Failed without dead mends itself.',
    kind: 'graph',
    unit: 'ops',
    queries: [[rate(`tradewind_messages_total{${of}}`, 'service, outcome'), '{{service}} {{outcome}}']],
  },
  {
    title: 'Time of a handler',
    about: 'For its messages of a batch, 95 %; named after the first event it hears of. Slow ones hold up their batch.',
    kind: 'graph',
    unit: 's',
    queries: [
      [quantile(0.95, 'tradewind_handler_duration_seconds', of, 'service, handler'), '{{service}} {{handler}}'],
    ],
  },
  {
    title: 'Time of a batch',
    about: 'From its beginning to its commit, 95 %: with the disk of the database.',
    kind: 'graph',
    unit: 's',
    queries: [[quantile(0.95, 'tradewind_message_batch_duration_seconds', of, 'service'), '{{service}}']],
  },
];

export const waitingOf = (of: string): Panel[] => [
  {
    title: 'Waiting messages',
    about: `In the outbox, not published; in the inbox, not handled. ${entry('MessagesNotPublished')}`,
    kind: 'graph',
    unit: 'short',
    queries: [
      [`max by (service) (tradewind_outbox_messages{${of}})`, '{{service}} outbox'],
      [`max by (service) (tradewind_inbox_messages{${of}})`, '{{service}} inbox'],
    ],
  },
  {
    title: 'Age of the oldest',
    about: `An inbox that ages has a message that fails, or too much to do. ${entry('MessagesNotHandled')}`,
    kind: 'graph',
    unit: 's',
    queries: [
      [`max by (service) (tradewind_outbox_oldest_message_age_seconds{${of}})`, '{{service}} outbox'],
      [`max by (service) (tradewind_inbox_oldest_message_age_seconds{${of}})`, '{{service}} inbox'],
    ],
    limits: [30, 120],
  },
  {
    title: 'Dead letters',
    about: `To be dealt with by a person, in the admin under Dead letters. ${entry('DeadLetters')}`,
    kind: 'graph',
    unit: 'short',
    queries: [[`max by (service) (tradewind_dead_letters{${of}})`, '{{service}}']],
    limits: [1, 10],
  },
];

const CHOSEN = 'service=~"$service"';

export const messaging: Dashboard = {
  name: 'messaging',
  title: 'messaging',
  about: 'From outbox to inbox: what waits, how long, what fails, and what the broker holds.',
  chooses: true,
  sections: [
    { title: 'What waits', panels: waitingOf(CHOSEN) },
    {
      title: 'On the way',
      panels: [
        {
          title: 'Published',
          about: `Given to the broker; failed ones stay in the outbox and are tried again. ${entry('MessagesNotPublished')}`,
          kind: 'graph',
          unit: 'ops',
          queries: [
            [rate(`tradewind_published_messages_total{${CHOSEN}}`, 'service, outcome'), '{{service}} {{outcome}}'],
          ],
        },
        {
          title: "Bodies in RabbitMQ's queues",
          about: `Each holds up to 100 messages. Rising: the room does not keep up, or is down. ${entry('BrokerQueueGrowing')}`,
          kind: 'graph',
          unit: 'short',
          queries: [[`max by (service, queue) (tradewind_broker_queue_messages{${CHOSEN}})`, '{{service}} {{queue}}']],
        },
        {
          title: 'Who reads the queues',
          about: `One for each process of the room; 0 is nobody. ${entry('BrokerQueueGrowing')}`,
          kind: 'graph',
          unit: 'short',
          queries: [[`max by (service, queue) (tradewind_broker_queue_consumers{${CHOSEN}})`, '{{service}} {{queue}}']],
        },
        {
          title: 'From sent to handled',
          about: 'Of the oldest message of each batch, 95 %. After an outage it is long for a while.',
          kind: 'graph',
          unit: 's',
          queries: [[quantile(0.95, 'tradewind_message_delay_seconds', CHOSEN, 'service'), '{{service}}']],
          limits: [5, 60],
        },
        {
          title: 'Messages a batch',
          about: 'On average. Batches grow as the shop gets busy: that is how it keeps up. At 256 it is at its limit.',
          kind: 'graph',
          unit: 'short',
          queries: [
            [
              `${rate(`tradewind_messages_total{${CHOSEN},outcome="handled"}`, 'service')} / ${rate(`tradewind_message_batch_duration_seconds_count{${CHOSEN}}`, 'service')}`,
              '{{service}}',
            ],
          ],
          limits: [128, 256],
        },
        {
          title: 'Broker',
          about: `Whether messages can flow. ${entry('BrokerAway')}`,
          kind: 'graph',
          unit: 'short',
          queries: [[`min by (service) (tradewind_broker_up{${CHOSEN}})`, '{{service}}']],
        },
      ],
    },
    {
      title: 'Handling',
      panels: [
        ...messagesOf(CHOSEN),
        {
          title: 'Messages, by type',
          about: 'What is said in the shop. unknown: a stranger says something on our exchange.',
          kind: 'stack',
          unit: 'ops',
          width: 24,
          queries: [
            [rate(`tradewind_messages_total{${CHOSEN},outcome="handled"}`, 'service, type'), '{{type}} → {{service}}'],
          ],
        },
      ],
    },
  ],
};
