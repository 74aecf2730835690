-- Every record that is entered would be looked up three times, which is more than half of what entering it takes. What
-- these columns hold is the number of the delivery that the same transaction has just entered, and of the run that
-- loads it; neither is ever deleted.
alter table vault.record
  drop constraint record_delivery_fkey,
  drop constraint record_said_delivery_fkey,
  drop constraint record_first_run_fkey;
