-- Births are told of by national notifications too, not by maternity services alone.
comment on table joint.birth is 'The birth of one child: as the maternity service records it in the Maternity Services Data Set, or as a national notification of birth or record at birth tells of it. Notifications of pregnancies alone have none.';
