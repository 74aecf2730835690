-- bookmark: where the transport goes on after this delivery, once it is loaded; opaque to all but the transport.
alter table ops.delivery add column bookmark text;
