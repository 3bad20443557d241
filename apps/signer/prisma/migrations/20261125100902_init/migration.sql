-- CreateTable
CREATE TABLE "zone" (
    "id" SERIAL NOT NULL,
    "apex" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL DEFAULT 0,
    "serial" BIGINT NOT NULL,
    "last_inception" BIGINT NOT NULL,
    "appended_serial" BIGINT NOT NULL,
    "appended_sequence" BIGINT NOT NULL DEFAULT 0,
    "rules" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "zone_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "zone_key" (
    "zone_id" INTEGER NOT NULL,
    "tag" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "algorithm" INTEGER NOT NULL,
    "flags" INTEGER NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "zone_key_pkey" PRIMARY KEY ("zone_id","tag")
);

-- CreateTable
CREATE TABLE "rrset" (
    "zone_id" INTEGER NOT NULL,
    "owner" BYTEA NOT NULL,
    "type" INTEGER NOT NULL,
    "subject" BYTEA NOT NULL,
    "records" BYTEA NOT NULL,
    "signatures" BYTEA NOT NULL,
    "expires" BIGINT NOT NULL,

    CONSTRAINT "rrset_pkey" PRIMARY KEY ("zone_id","owner","type")
);

-- CreateTable
CREATE TABLE "publication" (
    "zone_id" INTEGER NOT NULL,
    "subject" BYTEA NOT NULL,
    "sequence" BIGINT NOT NULL,
    "serial" BIGINT NOT NULL,

    CONSTRAINT "publication_pkey" PRIMARY KEY ("zone_id","subject")
);

-- CreateTable
CREATE TABLE "journal" (
    "zone_id" INTEGER NOT NULL,
    "serial" BIGINT NOT NULL,
    "entry" BYTEA NOT NULL,

    CONSTRAINT "journal_pkey" PRIMARY KEY ("zone_id","serial")
);

-- CreateIndex
CREATE UNIQUE INDEX "zone_apex_key" ON "zone"("apex");

-- CreateIndex
CREATE INDEX "rrset_zone_id_subject_idx" ON "rrset"("zone_id", "subject");

-- CreateIndex
CREATE INDEX "rrset_zone_id_expires_idx" ON "rrset"("zone_id", "expires");

-- AddForeignKey
ALTER TABLE "zone_key" ADD CONSTRAINT "zone_key_zone_id_fkey" FOREIGN KEY ("zone_id") REFERENCES "zone"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
