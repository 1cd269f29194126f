{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('bibitor', 'closing_counts') }}

)

select * from lines
