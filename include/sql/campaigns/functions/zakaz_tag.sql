-- A UTM tag as it is compared with others: lower case, without blanks around it.
CREATE OR REPLACE FUNCTION zakaz_tag AS text -> lowerUTF8(replaceRegexpAll(text, '^[\\s\\p{Z}]+|[\\s\\p{Z}]+$', ''))
