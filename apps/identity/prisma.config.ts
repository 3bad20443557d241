import { defineConfig } from 'prisma/config';

/** `prisma generate` needs no database; the migration tool passes its own address. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});
