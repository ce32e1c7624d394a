"""The DataLens workbook, written from workbook.yaml."""
