-- What is held, for the auditor: once a minute it went through all orders there had ever been.
create index allocations_held on allocations (order_id) where status = 'held';
