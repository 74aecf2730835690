-- A tier more: records joined by the digest of an NHS number.

comment on column joint.link.tier is 'The strongest rule that joined the record to one of another kind: T1 NHS number, T1d its digest, T2 UPN, T3 exact names, birth date and postcode, T4 probabilistic; T4r for review, Tx several candidates, T0 none';
