"""What is made of the marks: feedback pages, the report of the class, tables to export."""
