TABLES = ("table_1",)
