-- AlterTable
ALTER TABLE "zone_key" ADD COLUMN "signs_from" BIGINT;

-- The keys that there are have been shown since they were made.
UPDATE "zone_key" SET "signs_from" = extract(epoch FROM "created_at")::bigint - 3600 WHERE "role" = 'denial';
