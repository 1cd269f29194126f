{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('shared', 'overrides') }}

)

select * from lines
