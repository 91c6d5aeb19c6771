/**
 * Names of attributes, by OpenTelemetry's semantic conventions 1.45 (HTTP and database are stable, messaging is in
 * development); none is of a person, none is a secret: what is not named here is in no span.
 */
export const ATTR = {
  serviceName: 'service.name',
  serviceNamespace: 'service.namespace',
  serviceVersion: 'service.version',
  serviceInstance: 'service.instance.id',
  errorType: 'error.type',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  scheme: 'url.scheme',
  path: 'url.path',
  urlTemplate: 'url.template',
  database: 'db.system.name',
  databaseName: 'db.namespace',
  operation: 'db.operation.name',
  statement: 'db.query.text',
  messaging: 'messaging.system',
  messagingOperation: 'messaging.operation.name',
  messagingKind: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  messageId: 'messaging.message.id',
  conversationId: 'messaging.message.conversation_id',
  routingKey: 'messaging.rabbitmq.destination.routing_key',
} as const;
