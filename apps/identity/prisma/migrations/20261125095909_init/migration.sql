-- CreateEnum
CREATE TYPE "verification_status" AS ENUM ('pending', 'valid', 'closed');

-- CreateEnum
CREATE TYPE "message_state" AS ENUM ('queued', 'sending', 'sent', 'failed', 'delivered');

-- CreateTable
CREATE TABLE "accounts" (
    "id" TEXT NOT NULL,
    "key" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verifications" (
    "id" UUID NOT NULL,
    "account_id" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "status" "verification_status" NOT NULL,
    "encryption_key" JSONB NOT NULL,
    "secret_hash" BYTEA,
    "attempts_left" INTEGER NOT NULL,
    "messages_left" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "resend_after" TIMESTAMPTZ(3) NOT NULL,
    "attestation" TEXT,

    CONSTRAINT "verifications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL,
    "verification_id" UUID NOT NULL,
    "state" "message_state" NOT NULL,
    "text" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "provider_id" TEXT,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attestation_keys" (
    "generation" INTEGER NOT NULL,
    "kid" TEXT NOT NULL,
    "public_key" JSONB NOT NULL,
    "sealed_private" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "attestation_keys_pkey" PRIMARY KEY ("generation")
);

-- CreateIndex
CREATE INDEX "verifications_identifier_created_at_idx" ON "verifications"("identifier", "created_at");

-- CreateIndex
CREATE INDEX "verifications_account_id_idx" ON "verifications"("account_id");

-- CreateIndex
CREATE INDEX "verifications_expires_at_idx" ON "verifications"("expires_at");

-- CreateIndex
CREATE INDEX "messages_verification_id_created_at_idx" ON "messages"("verification_id", "created_at");

-- CreateIndex
CREATE INDEX "messages_state_created_at_idx" ON "messages"("state", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "attestation_keys_kid_key" ON "attestation_keys"("kid");

-- AddForeignKey
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_verification_id_fkey" FOREIGN KEY ("verification_id") REFERENCES "verifications"("id") ON DELETE CASCADE ON UPDATE CASCADE;
