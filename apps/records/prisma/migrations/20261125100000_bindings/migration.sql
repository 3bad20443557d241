-- Identifiers are compared octet by octet: `binding.export` pages by them, whatever the locale of the database.
CREATE TABLE "binding" (
    "identifier" TEXT COLLATE "C" NOT NULL,
    "account" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "proved_at" TIMESTAMPTZ(3) NOT NULL,
    "content" JSONB NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "binding_pkey" PRIMARY KEY ("identifier")
);

CREATE TABLE "statement" (
    "identifier" TEXT COLLATE "C" NOT NULL,
    "sequence" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "proof_protected" TEXT NOT NULL,
    "proof_payload" TEXT NOT NULL,
    "proof_signature" TEXT NOT NULL,
    "countersignature" TEXT NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "statement_pkey" PRIMARY KEY ("identifier","sequence")
);

CREATE TABLE "outbox" (
    "id" UUID NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "payload" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "countersigning_key" (
    "generation" INTEGER NOT NULL,
    "kid" TEXT NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "countersigning_key_pkey" PRIMARY KEY ("generation")
);

CREATE UNIQUE INDEX "outbox_position_key" ON "outbox"("position");

CREATE INDEX "outbox_published_at_idx" ON "outbox"("published_at");

-- The relay looks only at these, and in this order.
CREATE INDEX "outbox_unpublished" ON "outbox"("position") WHERE "published_at" IS NULL;

CREATE UNIQUE INDEX "countersigning_key_kid_key" ON "countersigning_key"("kid");

ALTER TABLE "statement" ADD CONSTRAINT "statement_identifier_fkey" FOREIGN KEY ("identifier") REFERENCES "binding"("identifier") ON DELETE RESTRICT ON UPDATE RESTRICT;
